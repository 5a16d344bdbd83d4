# @summary The name of a release.
type Whisper::Revision = Pattern[/\A[A-Za-z0-9][\w.+-]{0,99}\z/]
