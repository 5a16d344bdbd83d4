# @summary A length of time, as Puppet's own settings have it: a number and s, m, h or d
type Profile::Interval = Pattern[/\A[1-9]\d{0,5}[smhd]\z/]
