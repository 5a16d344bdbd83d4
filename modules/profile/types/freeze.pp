# @summary A while in which no canary goes on, by the clock of the Puppet server
#
# `days` are those on which it begins; without them, each day. One that ends before it begins goes over midnight, and one that ends when it begins is
# all day.
type Profile::Freeze = Struct[{
    from           => Nvidia::Time,
    to             => Nvidia::Time,
    Optional[days] => Array[Enum['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], 1],
}]
