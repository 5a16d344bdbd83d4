# @summary The text-to-speech service of a node
#
# @example In hieradata/, at whichever level
#   indextts2::revision: v2.0.0
class profile::tts {
  include indextts2

  profile::prometheus::textfile { 'indextts2.prom':
    ensure => $indextts2::ensure,
    source => '/var/lib/releases/indextts2.prom',
  }
}
