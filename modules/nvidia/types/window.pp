# @summary When nodes may be rebooted, by the clock of the Puppet server, and how many at once
#
# `days` are those on which the window begins; without them, each day. One that ends before it begins goes over midnight.
type Nvidia::Window = Struct[{
    from              => Pattern[/\A([01]\d|2[0-3]):[0-5]\d\z/],
    to                => Pattern[/\A([01]\d|2[0-3]):[0-5]\d\z/],
    Optional[days]    => Array[Enum['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], 1],
    Optional[at_once] => Integer[1],
}]
