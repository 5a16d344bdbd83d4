# @summary A time of the day: HH:MM, or its seconds, which is what Ruby's YAML makes of HH:MM without quotes
type Nvidia::Time = Variant[Pattern[/\A([01]\d|2[0-3]):[0-5]\d\z/], Integer[0, 86399]]
