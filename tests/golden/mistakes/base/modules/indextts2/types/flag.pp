# @summary A long command-line flag.
type Indextts2::Flag = Pattern[/\A--[A-Za-z0-9][\w-]*\z/]
