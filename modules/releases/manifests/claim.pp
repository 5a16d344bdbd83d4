# @summary Something of a node that a service has: for itself, or a part of a card's memory
#
# It makes nothing. It is in the catalogue, so that a second service that wants the same is refused there, with both names: by
# releases::alone and releases::share_card.
#
# @api private
#
# @param service
#   The service.
# @param kind
#   What it is.
# @param what
#   Which one.
# @param mib
#   How many MiB of it, where it is memory.
define releases::claim (
  String[1] $service,
  Enum['account', 'folder', 'socket', 'memory'] $kind,
  String[1] $what,
  Optional[Integer[1]] $mib = undef,
) {
}
