# @summary When nodes may be rebooted, by the clock of the Puppet server, and how many at once
#
# `days` are those on which the window begins; without them, each day. One that ends before it begins goes over midnight, and one that ends when it
# begins is all day.
type Nvidia::Window = Struct[{
    from              => Nvidia::Time,
    to                => Nvidia::Time,
    Optional[days]    => Array[Enum['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], 1],
    Optional[at_once] => Integer[1],
}]
