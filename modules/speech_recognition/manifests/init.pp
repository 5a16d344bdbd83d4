# Rendered by fleet render from templates/module/manifests/init.pp.j2: edit that, not this file.

# @summary Speech recognition with speaches, Whisper models behind the HTTP API that OpenAI's clients speak
#
# Keeps one release of Speech recognition installed and serving. Releases are pinned to full commits in
# the catalogue, so that a revision is one line of Hiera.
#
# @example Serve a release that the catalogue pins
#   class { 'speech_recognition':
#     revision => 'v1.0.0',
#   }
#
# @param packages
#   The system's packages that the service needs; the module's own data has them for each system.
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
# @param gpu
#   Whether the service computes on a card. `required`: it waits for the card at boot, does not start without
#   one, and a release that needs more than the node's cards have is refused; nothing is stopped for a start
#   that could not be. `optional`: it waits for a card that is on the bus, and falls back to the CPU. `none`:
#   it sees no card.
#
# @param gpus
#   The cards that the service computes on, by index or UUID; each has a web UI of its own behind the one
#   front, on two ports of loopback more, and goes over to another release while the others serve. By index,
#   they have the index that nvidia-smi says. `all` are those that the node knows of at its run: none before
#   the driver is loaded, and then one web UI is bound to no card until the run after.
#
# @param vram_budget
#   MiB of a card's memory that one web UI is to take, which is added up with those of the other services on
#   the card: what does not fit is refused. The `vram_mib` of the release's pin, or its `least_vram_mib`,
#   where it is not set. Nothing holds a service to it but its own flags.
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
# @param smoke_file
#   A file on the node that a release is sent as a job before it serves, such as the service takes them from
#   its clients: where nothing comes of it, the release before serves on. No such request is sent where it is
#   not set.
#
# @param smoke_timeout
#   Seconds after which a smoke request that brought nothing has failed.
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
# @param log_level
#   What speaches says of its work; at `debug`, what was said in recordings, too.
#   Set as the environment variable `LOG_LEVEL`.
#
# @param ui
#   Whether there is a page to try it, too, at /.
#   Set as the environment variable `ENABLE_UI`.
#
# @param stt_model_ttl
#   Seconds without a request after which a model leaves the card; -1 is never, 0 at once.
#   Set as the environment variable `STT_MODEL_TTL`.
#
# @param inference_device
#   What models run on; a card, where `auto` finds one.
#   Set as the environment variable `WHISPER__INFERENCE_DEVICE`.
#
# @param compute_type
#   In which precision models run; int8 needs about two thirds of what float16 does of the card's memory.
#   Set as the environment variable `WHISPER__COMPUTE_TYPE`.
#
# @param num_workers
#   Jobs that a model does at once, each with memory of its own.
#   Set as the environment variable `WHISPER__NUM_WORKERS`.
#
# @param allow_origins
#   The origins whose pages may ask the API, as a list in JSON.
#   Set as the environment variable `ALLOW_ORIGINS`.
#
# @param hf_hub_offline
#   Whether the hub's client stays off the network, so that a request names no model that nobody has locked.
#   Set as the environment variable `HF_HUB_OFFLINE`.
#
class speech_recognition (
  Array[String[1]] $packages,
  Enum['present', 'absent'] $ensure = 'present',
  Optional[String] $revision = undef,
  Hash[String, Hash] $releases = {},
  Hash[String[1], Speech_recognition::Bundle] $weights = {},
  Array[Speech_recognition::Source, 1] $weights_sources = ['hub'],
  Optional[Stdlib::HTTPUrl] $weights_s3_endpoint = undef,
  Optional[String[1]] $weights_s3_region = undef,
  Optional[Sensitive[Struct[{access_key_id => Speech_recognition::S3Key, secret_access_key => Speech_recognition::S3Key, Optional[session_token] => Speech_recognition::S3Key}]]] $weights_s3_credentials = undef,
  String[1] $source = 'https://github.com/speaches-ai/speaches.git',
  String $root = '/opt/speech_recognition',
  Stdlib::IP::Address::Nosubnet $address = '0.0.0.0',
  Integer $port = 8000,
  Array[Stdlib::IP::Address] $allowed_networks = [],
  Optional[Sensitive[Hash[Speech_recognition::User, Speech_recognition::PasswordHash, 1]]] $users = undef,
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
  Optional[Speech_recognition::Mirror] $index_url = undef,
  Optional[Speech_recognition::Mirror] $torch_index_url = undef,
  Optional[Speech_recognition::Mirror] $python_source = undef,
  Hash[Speech_recognition::Variable, Speech_recognition::Text] $build_environment = {},
  Integer[60] $install_timeout = 3600,
  Optional[Stdlib::HTTPUrl] $hf_endpoint = undef,
  Enum['required', 'optional', 'none'] $gpu = 'required',
  Variant[Enum['all'], Array[Integer[0, 63], 1], Array[Speech_recognition::Uuid, 1]] $gpus = 'all',
  Optional[Integer[1]] $vram_budget = undef,
  Integer[1] $ready_timeout = 600,
  Enum['hold', 'overlap'] $handover = 'hold',
  Integer[0] $drain_timeout = 300,
  Integer[0] $retry_after = 86400,
  Integer[0] $keep_releases = 2,
  Optional[Integer[3600]] $restart_every = undef,
  Optional[Stdlib::Unixpath] $smoke_file = undef,
  Integer[1] $smoke_timeout = 120,
  Hash[Speech_recognition::Variable, Speech_recognition::Text] $environment = {},
  Array[Speech_recognition::Text] $extra_args = [],
  Array[String[1]] $extra_packages = [],
  Enum['debug', 'info', 'warning', 'error', 'critical'] $log_level = 'info',
  Boolean $ui = false,
  Integer[-1] $stt_model_ttl = -1,
  Enum['auto', 'cuda', 'cpu'] $inference_device = 'auto',
  Enum['default', 'int8', 'int8_float16', 'int8_bfloat16', 'int8_float32', 'int16', 'float16', 'bfloat16', 'float32'] $compute_type = 'default',
  Integer[1] $num_workers = 1,
  Optional[String[1]] $allow_origins = undef,
  Boolean $hf_hub_offline = true,
) {
  if $root !~ Speech_recognition::Folder {
    fail("speech_recognition::root is '${root}', which is no absolute path of letters, digits and . _ -: give the whole path, such as /opt/speech_recognition")
  }
  if $port !~ Integer[1, 65533] {
    fail("speech_recognition::port is ${port}, which is no port: give a number from 1 to 65533, such as 8000")
  }

  $releases_dir = "${root}/releases"
  $cache_hub = "${root}/cache_hub"
  $state_dir = "${root}/state"
  $build_dir = "${root}/build"
  $libexec_dir = '/usr/local/lib/speech_recognition'
  $config_dir = '/etc/speech_recognition'

  if $ensure == 'present' {
    releases::alone('speech_recognition', 'account', ['asr-user', 'asr-build', 'speech_recognition-front'])
    releases::alone('speech_recognition', 'folder', [$root])
    $pin = speech_recognition::pin($revision, $releases, $installer)
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
    $weights_dir = speech_recognition::weights_dir($revision, $pin, $weights, $cache_hub)
    $build_variables = $build_environment + {
      'UV_DEFAULT_INDEX' => $index_url,
      'PIP_INDEX_URL' => $index_url,
      'UV_INDEX' => $torch_index_url,
      'PIP_EXTRA_INDEX_URL' => $torch_index_url,
      'UV_PYTHON_INSTALL_MIRROR' => $python_source,
      'HF_ENDPOINT' => $hf_endpoint,
    }.filter |$variable, $value| { $value =~ NotUndef }

    contain speech_recognition::gpu
    contain speech_recognition::packages
    contain speech_recognition::account
    contain speech_recognition::folders
    contain speech_recognition::release
    contain speech_recognition::weights
    contain speech_recognition::front
    contain speech_recognition::description
    contain speech_recognition::webui
    contain speech_recognition::restart

    Class['speech_recognition::packages']
    -> Class['speech_recognition::gpu']
    -> Class['speech_recognition::account']
    -> Class['speech_recognition::folders']
    -> Class['speech_recognition::description']
    -> Class['speech_recognition::release']
    -> Class['speech_recognition::weights']
    -> Class['speech_recognition::front']
    -> Class['speech_recognition::webui']
    -> Class['speech_recognition::restart']
  } else {
    contain speech_recognition::restart
    contain speech_recognition::remove

    Class['speech_recognition::restart']
    -> Class['speech_recognition::remove']
  }
}
