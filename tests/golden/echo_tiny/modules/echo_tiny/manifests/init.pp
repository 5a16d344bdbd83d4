# Rendered by fleet render from templates/module/manifests/init.pp.j2: edit that, not this file.

# @summary Says back what it is told, for $0: 'quoted', "quoted", 100 %, #{nothing}, %{nothing} 回声
#
# Keeps one release of Echo's 回声 100% "tiny" <%= title %> ${title} installed and serving. Releases are pinned to full commits in
# the catalogue, so that a revision is one line of Hiera.
#
# @example Serve a release that the catalogue pins
#   class { 'echo_tiny':
#     revision => 'v1.0.0',
#   }
#
# @param packages
#   The system's packages that the service needs; the module's own data has them for each system.
#
# @param secret_word
#   A word that Hiera has to give.
#   Set as the environment variable `ECHO_SECRET_WORD`.
#
# @param ensure
#   Whether the service is on the node. `absent` takes all of it away but the folder cache_hub.
#
# @param revision
#   The release that the node serves, by its name in `releases`. Needed where `ensure` is present.
#
# @param releases
#   The releases that exist, by name; the catalogue in Hiera has them.
#
# @param weights
#   The bundles of weights that releases name; the catalogue in Hiera has them.
#
# @param weights_sources
#   Where weights come from, tried in order: a folder, such as a mounted NAS, or the address of one on a web
#   server or in a bucket of S3 (`s3://BUCKET/PREFIX`), in which each bundle has a folder as on a node (`fleet
#   weights mirror` fills one), those of web and S3 that follow each other at once; `hub`, which is
#   `hf_endpoint`; `modelscope`, which has no spaces of the hub. What is not as it was locked is not taken,
#   whatever it comes from.
#
# @param weights_s3_endpoint
#   The address of the server that has the buckets of `weights_sources`, such as a MinIO; Amazon's, where it
#   is not set.
#
# @param weights_s3_region
#   The region of these buckets, which Amazon's have each (us-east-1, where it is not set); a server of one's
#   own rarely asks for it.
#
# @param weights_s3_credentials
#   The key that may read these buckets. Where it is not set, a node asks as the machine that it is (the role
#   of an instance of Amazon's, or `.aws` in the folder `build`), and where it is nobody, without a signature,
#   which a bucket that anybody reads takes.
#
# @param source
#   The git repository of the service.
#
# @param root
#   The folder that holds the service.
#
# @param address
#   The address that the service listens on.
#
# @param port
#   The port that the service listens on. The two after it are those of its web UIs, on loopback.
#
# @param allowed_networks
#   The networks and addresses whose requests are let in; all, where it is empty.
#
# @param users
#   Who may ask, each with a hashed password (`openssl passwd -6`), by HTTP's basic authentication; everybody,
#   where it is not set. Without TLS, passwords cross the network as they are.
#
# @param tls_certificate
#   The certificate with its chain, a PEM file on the node; with it, the service speaks TLS on `port`.
#   Whatever renews it, the next run has the front take it over, and no connection is cut.
#
# @param tls_key
#   The key of `tls_certificate`, a PEM file on the node without a passphrase.
#
# @param plain_port
#   A port without TLS that sends its clients to `port`.
#
# @param max_request_bytes
#   Bytes that a request, such as the upload of a voice, may have; 0 is no limit. A request that does not say
#   its size is refused where there is one.
#
# @param max_requests
#   Requests that one address may send in 10 s; 0 is no limit.
#
# @param max_held
#   Requests that may wait at once while the service does not answer; more are refused with a 503.
#
# @param metrics_port
#   The port of loopback on which HAProxy tells Prometheus (/metrics) of requests, times and errors.
#
# @param installer
#   What builds the Python environment. A release with the install method `lock` needs uv.
#
# @param uv_version
#   The version of uv that installs releases.
#
# @param extras
#   The extras of the project that are installed.
#
# @param index_url
#   The package index that installs use instead of the installer's own and of the addresses that a lock names;
#   what a lock has is held against its digests wherever it comes from. `fleet mirror build` makes one for
#   nodes without internet. What is built already is not built again for another. No place for a password,
#   since catalogues show it: a `.netrc` in the folder `build`, for the build account alone, is one.
#
# @param torch_index_url
#   A package index that is asked beside that one, such as one of PyTorch's for the CUDA that a lock names. An
#   index that `fleet mirror build` made has these, too.
#
# @param python_source
#   Where uv gets a Python that the system has not, instead of the releases of python-build-standalone; laid
#   out like those.
#
# @param build_environment
#   More environment variables for installs and downloads; what is built already is not built again for
#   others. No place for a secret, since catalogues show them: name a file that holds it and that only the
#   build account reads.
#
# @param install_timeout
#   Seconds after which one attempt to build the Python environment is given up.
#
# @param hf_endpoint
#   The model hub, or a mirror of it; `hub` in `weights_sources` is this.
#   Set as the environment variable `HF_ENDPOINT`.
#
# @param ready_timeout
#   Seconds that a start may take until the service answers. What it waits for before, such as a card, does
#   not count.
#
# @param handover
#   How the service goes over to another release. `hold`: new jobs wait in front while running ones end and
#   the new release loads; one copy has to fit the card. Clients need patience for drain and load: the
#   official gradio_client gives up a job that waits for more than 5 s. `overlap`: the new one loads beside
#   the old; both have to fit, and clients see nothing.
#
# @param drain_timeout
#   Seconds that running jobs get to end before a switch cuts them off.
#
# @param retry_after
#   Seconds after which a release that failed to start is tried again.
#
# @param keep_releases
#   How many releases stay on the disk. The one that serves, the one before it, those that failed and the one
#   that is wanted count, and stay in any case. What stays keeps its weights.
#
# @param restart_every
#   Seconds after which the service is started anew, by a switch that loses no request, as its GPU memory may
#   creep; nodes do so at different times. Never, where it is not set.
#
# @param environment
#   More environment variables for the service; they win over its own. No place for a secret, since every
#   account of the node reads them in the unit, and catalogues show them: name a file that holds it and that
#   only the service's account reads, such as `HF_TOKEN_PATH`.
#
# @param extra_args
#   More command-line arguments for the service, last on its command line. No place for a secret, since every
#   account of the node reads them.
#
# @param extra_packages
#   More packages of the system.
#
# @param motto
#   What the echo says first; with | and `$` and ${braces} in it. 回声
#   Passed as `--motto`.
#
# @param mode
#   How it is said.
#   Passed as `--mode`.
#
# @param gain
#   How loud it is said.
#   Passed as `--gain`.
#
# @param delay
#   Seconds before it is said.
#   Set as the environment variable `ECHO_DELAY`.
#
# @param loud
#   Whether it is said aloud.
#   Passed as `--loud`.
#
class echo_tiny (
  Array[String[1]] $packages,
  String[1] $secret_word,
  Enum['present', 'absent'] $ensure = 'present',
  Optional[String] $revision = undef,
  Hash[String, Hash] $releases = {},
  Hash[String[1], Echo_tiny::Bundle] $weights = {},
  Array[Echo_tiny::Source, 1] $weights_sources = ['hub'],
  Optional[Stdlib::HTTPUrl] $weights_s3_endpoint = undef,
  Optional[String[1]] $weights_s3_region = undef,
  Optional[Sensitive[Struct[{access_key_id => Echo_tiny::S3Key, secret_access_key => Echo_tiny::S3Key, Optional[session_token] => Echo_tiny::S3Key}]]] $weights_s3_credentials = undef,
  String[1] $source = 'https://git.example.org/echo/echo_tiny.git',
  String $root = '/srv/echo',
  Stdlib::IP::Address::Nosubnet $address = '0.0.0.0',
  Integer $port = 8099,
  Array[Stdlib::IP::Address] $allowed_networks = [],
  Optional[Sensitive[Hash[Echo_tiny::User, Echo_tiny::PasswordHash, 1]]] $users = undef,
  Optional[Stdlib::Unixpath] $tls_certificate = undef,
  Optional[Stdlib::Unixpath] $tls_key = undef,
  Optional[Stdlib::Port] $plain_port = undef,
  Integer[0] $max_request_bytes = 0,
  Integer[0] $max_requests = 0,
  Integer[1, 7000] $max_held = 1000,
  Optional[Stdlib::Port] $metrics_port = undef,
  Enum['uv', 'pip'] $installer = 'uv',
  Pattern[/\A\d+\.\d+\.\d+\z/] $uv_version = '0.9.5',
  Array[Pattern[/\A[A-Za-z0-9][\w.-]*\z/]] $extras = [],
  Optional[Echo_tiny::Mirror] $index_url = undef,
  Optional[Echo_tiny::Mirror] $torch_index_url = undef,
  Optional[Echo_tiny::Mirror] $python_source = undef,
  Hash[Echo_tiny::Variable, Echo_tiny::Text] $build_environment = {},
  Integer[60] $install_timeout = 3600,
  Optional[Stdlib::HTTPUrl] $hf_endpoint = undef,
  Integer[1] $ready_timeout = 600,
  Enum['hold', 'overlap'] $handover = 'hold',
  Integer[0] $drain_timeout = 300,
  Integer[0] $retry_after = 86400,
  Integer[0] $keep_releases = 2,
  Optional[Integer[3600]] $restart_every = undef,
  Hash[Echo_tiny::Variable, Echo_tiny::Text] $environment = {},
  Array[Echo_tiny::Text] $extra_args = [],
  Array[String[1]] $extra_packages = [],
  String $motto = "'It''s' \"\$5\" \${motto} #{motto} %{motto} %h %% \\n \\\n\t回声 😀\\",
  Enum['a b', "\${mode}", "it's"] $mode = 'a b',
  Optional[Float[0.0]] $gain = 1.5e20,
  Integer[-9223372036854775807] $delay = -5,
  Boolean $loud = true,
) {
  if $root !~ Echo_tiny::Folder {
    fail("echo_tiny::root is '${root}', which is no absolute path of letters, digits and . _ -: give the whole path, such as /srv/echo")
  }
  if $port !~ Integer[1, 65533] {
    fail("echo_tiny::port is ${port}, which is no port: give a number from 1 to 65533, such as 8099")
  }

  $releases_dir = "${root}/releases"
  $cache_hub = "${root}/cache_hub"
  $state_dir = "${root}/state"
  $build_dir = "${root}/build"
  $libexec_dir = '/usr/local/lib/echo_tiny'
  $config_dir = '/etc/echo_tiny'

  if $ensure == 'present' {
    releases::alone('echo_tiny', 'account', ['echo', 'echo-build', 'echo_tiny-front'])
    releases::alone('echo_tiny', 'folder', [$root])
    $pin = echo_tiny::pin($revision, $releases, $installer)
    # What a release is made of: with another digest it is another release, built beside the one that serves. By which
    # tool it came to be is none of it.
    $digest = sha256(stdlib::to_json({
          'commit'      => $pin['commit'],
          'install'     => $pin['install'],
          'lock_sha256' => $pin['lock_sha256'],
          'python'      => $pin['python'],
          'extras'      => $extras,
    }))
    $release = "${revision}-${pin['commit'][0, 7]}-${digest[0, 7]}"
    $release_dir = "${releases_dir}/${release}"
    $build_variables = $build_environment + {
      'UV_DEFAULT_INDEX' => $index_url,
      'PIP_INDEX_URL' => $index_url,
      'UV_INDEX' => $torch_index_url,
      'PIP_EXTRA_INDEX_URL' => $torch_index_url,
      'UV_PYTHON_INSTALL_MIRROR' => $python_source,
      'HF_ENDPOINT' => $hf_endpoint,
    }.filter |$variable, $value| { $value =~ NotUndef }

    contain echo_tiny::packages
    contain echo_tiny::account
    contain echo_tiny::folders
    contain echo_tiny::release
    contain echo_tiny::front
    contain echo_tiny::description
    contain echo_tiny::webui
    contain echo_tiny::restart

    Class['echo_tiny::packages']
    -> Class['echo_tiny::account']
    -> Class['echo_tiny::folders']
    -> Class['echo_tiny::description']
    -> Class['echo_tiny::release']
    -> Class['echo_tiny::front']
    -> Class['echo_tiny::webui']
    -> Class['echo_tiny::restart']
  } else {
    contain echo_tiny::restart
    contain echo_tiny::remove

    Class['echo_tiny::restart']
    -> Class['echo_tiny::remove']
  }
}
