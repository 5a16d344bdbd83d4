# @summary The driver of a node's cards; nothing where it has none
#
# @example In hieradata/, at whichever level
#   nvidia::branch: '580'
class profile::gpu {
  include nvidia
}
