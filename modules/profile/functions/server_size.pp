# @summary How many JRuby instances a Puppet Server gets on a machine, and how much memory for them
#
# A JRuby for each core but one, 512 MiB of heap for each and 512 MiB for the rest, and a code cache that holds what they
# compile: https://www.puppet.com/docs/puppet/8/server/tuning_guide. Fewer where the memory is not enough: 1 GiB is the system's.
# `fleet capacity` says the same (generator/capacity.py).
#
# @example On a machine of 8 cores and 16 GiB
#   profile::server_size(8, 16384) # => {jrubies => 7, heap => 4096, code_cache => 1024}
#
# @param cores
#   How many cores the machine has.
# @param memory
#   How much memory Puppet Server may take with the system, in MiB.
#
# @return
#   The number of instances; the heap and the code cache in MiB.
function profile::server_size(Integer[1] $cores, Integer[0] $memory) >> Struct[{ jrubies => Integer[1], heap => Integer[1], code_cache => Integer[1] }] {
  $sizes = Integer[1, max(1, $cores - 1)].map |$jrubies| {
    {
      'jrubies'    => $jrubies,
      'heap'       => 512 * ($jrubies + 1),
      'code_cache' => $jrubies ? { Integer[1, 6] => 512, Integer[7, 12] => 1024, default => 2048 },
    }
  }
  $fitting = $sizes.filter |$size| { $size['heap'] + $size['code_cache'] + 1024 <= $memory }

  empty($fitting) ? {
    true  => $sizes[0],
    false => $fitting[-1],
  }
}
