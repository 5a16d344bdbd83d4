# @summary The name of an environment variable.
type Whisper::Variable = Pattern[/\A[A-Za-z_][A-Za-z0-9_]*\z/]
