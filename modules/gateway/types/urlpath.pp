# @summary A path of the service's addresses, without anything that HAProxy would read as its own
type Gateway::UrlPath = Pattern[/\A\/[A-Za-z0-9_.\/-]*\z/]
