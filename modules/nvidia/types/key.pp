# @summary A public key of OpenPGP as text
type Nvidia::Key = Pattern[/\A-----BEGIN PGP PUBLIC KEY BLOCK-----\n/]
