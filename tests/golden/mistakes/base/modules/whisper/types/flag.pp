# @summary A long command-line flag.
type Whisper::Flag = Pattern[/\A--[A-Za-z0-9][\w-]*\z/]
