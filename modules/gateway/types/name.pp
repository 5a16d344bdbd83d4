# @summary The name of a service, which is that of its class
type Gateway::Name = Pattern[/\A[a-z][a-z0-9_]{0,22}\z/]
