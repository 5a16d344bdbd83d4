# @summary A service, with the parameters of the rendered class that mistakes are made with
#
# @param ensure
#   Whether the service is on the node.
#
# @param revision
#   The release that the node serves, by its name in `releases`.
#
# @param releases
#   The releases that exist, by name.
#
# @param weights
#   The bundles of weights that releases name.
#
# @param root
#   The folder that holds the service.
#
# @param address
#   The address that the service listens on.
#
# @param port
#   The port that the service listens on.
#
# @param installer
#   What builds the Python environment.
#
# @param uv_version
#   The version of uv that installs releases.
#
# @param extras
#   The extras of the project that are installed.
#
# @param index_url
#   The package index that installs use.
#
# @param install_timeout
#   Seconds after which an attempt to install is given up.
#
# @param ready_timeout
#   Seconds that a start may take until the service answers.
#
# @param environment
#   More environment variables for the service.
#
# @param extra_args
#   More command-line arguments for the service.
#
# @param extra_packages
#   More packages of the system.
#
# @param verbose
#   Whether each step of a generation is logged.
#
# @param fp16
#   Whether the model runs in half precision.
#
# @param gui_seg_tokens
#   Most tokens in one segment of the text.
#
# @param model_version
#   Which model a release that can run both runs.
class indextts2 (
  Enum['present', 'absent'] $ensure = 'present',
  Optional[String] $revision = undef,
  Hash[String, Hash] $releases = {},
  Hash[String[1], Indextts2::Bundle] $weights = {},
  String $root = '/opt/indextts2',
  Stdlib::IP::Address::Nosubnet $address = '0.0.0.0',
  Integer $port = 7860,
  Enum['uv', 'pip'] $installer = 'uv',
  Pattern[/\A\d+\.\d+\.\d+\z/] $uv_version = '0.9.5',
  Array[Pattern[/\A[A-Za-z0-9][\w.-]*\z/]] $extras = ['webui'],
  Optional[Stdlib::HTTPUrl] $index_url = undef,
  Integer[60] $install_timeout = 3600,
  Integer[1] $ready_timeout = 600,
  Hash[Indextts2::Variable, Indextts2::Text] $environment = {},
  Array[Indextts2::Text] $extra_args = [],
  Array[String[1]] $extra_packages = [],
  Boolean $verbose = false,
  Boolean $fp16 = false,
  Optional[Integer[20, 500]] $gui_seg_tokens = undef,
  Optional[Enum['2', '2.5']] $model_version = undef,
) {
  if $port !~ Integer[1, 65535] {
    fail("indextts2::port is ${port}, which is no port")
  }

  contain indextts2::webui
}
