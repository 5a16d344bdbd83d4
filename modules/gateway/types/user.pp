# @summary The name of somebody who may ask
type Gateway::User = Pattern[/\A[\w.@+-]+\z/]
