# @summary A SHA-256.
type Whisper::Sha256 = Pattern[/\A[0-9a-f]{64}\z/]
