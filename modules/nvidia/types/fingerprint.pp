# @summary The full fingerprint of an OpenPGP key; a short one can be made to fit another key
type Nvidia::Fingerprint = Pattern[/\A[0-9A-F]{40}\z/]
