# @summary A node of a service, as its catalogue has it: where it listens, and whether by TLS
type Gateway::Node = Struct[{
    name    => Pattern[/\A[a-z0-9][a-z0-9.-]*\z/],
    address => Stdlib::IP::Address::Nosubnet,
    port    => Stdlib::Port,
    tls     => Boolean,
}]
