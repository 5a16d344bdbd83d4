# @summary A full commit.
type Whisper::Commit = Pattern[/\A[0-9a-f]{40}\z/]
