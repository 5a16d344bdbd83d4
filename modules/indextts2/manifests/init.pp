# Rendered by fleet render from templates/module/manifests/init.pp.j2: edit that, not this file.

# @summary IndexTTS2 text-to-speech with its Gradio web UI
#
# Keeps one release of IndexTTS2 installed and serving. Releases are pinned to full commits in
# the catalogue, so that a revision is one line of Hiera.
#
# @example Serve a release that the catalogue pins
#   class { 'indextts2':
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
# @param smoke_text
#   A text that a release has to speak before it serves: without audio for it, the release before serves on.
#   No such request is sent where it is not set.
#
# @param smoke_voice
#   A WAV on the node, the voice that `smoke_text` is spoken in; what imitates a voice needs one.
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
# @param verbose
#   Whether the web UI logs each step of a generation.
#   Passed as `--verbose`.
#
# @param fp16
#   Whether the model runs in half precision, which needs about half of the GPU memory.
#   Passed as `--fp16`.
#
# @param deepspeed
#   Whether DeepSpeed accelerates the model. Its extra needs a CUDA toolkit on the node.
#   Passed as `--deepspeed`.
#
# @param cuda_kernel
#   Whether BigVGAN uses its own CUDA kernel, compiled at the first start.
#   Passed as `--cuda_kernel`.
#
# @param accel
#   Whether the GPT-2 acceleration engine is used. Needs the extra `accel`.
#   Passed as `--accel`.
#
# @param torch_compile
#   Whether torch.compile optimises s2mel.
#   Passed as `--torch_compile`.
#
# @param qwen_emo
#   Whether emotions can be described in words even on a card of less than 10 GiB, where the model for it is
#   left out.
#   Passed as `--qwen_emo`.
#
# @param gui_seg_tokens
#   Most tokens in one segment of the text, as the page proposes it. The release's own default (120) where it
#   is not set.
#   Passed as `--gui_seg_tokens`.
#
# @param model_version
#   Which model a release that can run both runs. The release's own default where it is not set.
#   Passed as `--version`.
#
# @param hf_hub_offline
#   Whether the hub client stays off the network. What a release reads is in its bundle of weights, so that a
#   start neither waits for the hub nor takes what nobody has locked.
#   Set as the environment variable `HF_HUB_OFFLINE`.
#
# @param use_modelscope
#   Whether v2.5.0 takes the audio of its examples, where they are missing, from a mirror in China (true) or
#   from the hub (false); models it has in its bundle. Where it is undef, v2.5.0 probes both for 3 s each at
#   every start.
#   Set as the environment variable `USE_MODELSCOPE`.
#
class indextts2 (
  Array[String[1]] $packages,
  Enum['present', 'absent'] $ensure = 'present',
  Optional[String] $revision = undef,
  Hash[String, Hash] $releases = {},
  Hash[String[1], Indextts2::Bundle] $weights = {},
  Array[Indextts2::Source, 1] $weights_sources = ['hub'],
  Optional[Stdlib::HTTPUrl] $weights_s3_endpoint = undef,
  Optional[String[1]] $weights_s3_region = undef,
  Optional[Sensitive[Struct[{access_key_id => Indextts2::S3Key, secret_access_key => Indextts2::S3Key, Optional[session_token] => Indextts2::S3Key}]]] $weights_s3_credentials = undef,
  String[1] $source = 'https://github.com/index-tts/index-tts.git',
  String $root = '/opt/indextts2',
  Stdlib::IP::Address::Nosubnet $address = '0.0.0.0',
  Integer $port = 7860,
  Array[Stdlib::IP::Address] $allowed_networks = [],
  Optional[Sensitive[Hash[Indextts2::User, Indextts2::PasswordHash, 1]]] $users = undef,
  Optional[Stdlib::Unixpath] $tls_certificate = undef,
  Optional[Stdlib::Unixpath] $tls_key = undef,
  Optional[Stdlib::Port] $plain_port = undef,
  Integer[0] $max_request_bytes = 0,
  Integer[0] $max_requests = 0,
  Integer[1, 7000] $max_held = 1000,
  Optional[Stdlib::Port] $metrics_port = undef,
  Enum['uv', 'pip'] $installer = 'uv',
  Pattern[/\A\d+\.\d+\.\d+\z/] $uv_version = '0.9.5',
  Array[Pattern[/\A[A-Za-z0-9][\w.-]*\z/]] $extras = ['webui'],
  Optional[Indextts2::Mirror] $index_url = undef,
  Optional[Indextts2::Mirror] $torch_index_url = undef,
  Optional[Indextts2::Mirror] $python_source = undef,
  Hash[Indextts2::Variable, Indextts2::Text] $build_environment = {},
  Integer[60] $install_timeout = 3600,
  Optional[Stdlib::HTTPUrl] $hf_endpoint = undef,
  Enum['required', 'optional', 'none'] $gpu = 'required',
  Variant[Enum['all'], Array[Integer[0, 63], 1], Array[Indextts2::Uuid, 1]] $gpus = 'all',
  Optional[Integer[1]] $vram_budget = undef,
  Integer[1] $ready_timeout = 600,
  Enum['hold', 'overlap'] $handover = 'hold',
  Integer[0] $drain_timeout = 300,
  Integer[0] $retry_after = 86400,
  Integer[0] $keep_releases = 2,
  Optional[Integer[3600]] $restart_every = undef,
  Optional[String[1, 1000]] $smoke_text = undef,
  Optional[Stdlib::Unixpath] $smoke_voice = undef,
  Integer[1] $smoke_timeout = 120,
  Hash[Indextts2::Variable, Indextts2::Text] $environment = {},
  Array[Indextts2::Text] $extra_args = [],
  Array[String[1]] $extra_packages = [],
  Boolean $verbose = false,
  Boolean $fp16 = false,
  Boolean $deepspeed = false,
  Boolean $cuda_kernel = false,
  Boolean $accel = false,
  Boolean $torch_compile = false,
  Boolean $qwen_emo = false,
  Optional[Integer[20, 500]] $gui_seg_tokens = undef,
  Optional[Enum['2', '2.5']] $model_version = undef,
  Boolean $hf_hub_offline = true,
  Optional[Boolean] $use_modelscope = false,
) {
  if $root !~ Indextts2::Folder {
    fail("indextts2::root is '${root}', which is no absolute path of letters, digits and . _ -: give the whole path, such as /opt/indextts2")
  }
  if $port !~ Integer[1, 65533] {
    fail("indextts2::port is ${port}, which is no port: give a number from 1 to 65533, such as 7860")
  }

  $releases_dir = "${root}/releases"
  $cache_hub = "${root}/cache_hub"
  $state_dir = "${root}/state"
  $build_dir = "${root}/build"
  $libexec_dir = '/usr/local/lib/indextts2'
  $config_dir = '/etc/indextts2'

  if $ensure == 'present' {
    releases::alone('indextts2', 'account', ['tts-user', 'tts-build', 'indextts2-front'])
    releases::alone('indextts2', 'folder', [$root])
    $pin = indextts2::pin($revision, $releases, $installer)
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
    $weights_dir = indextts2::weights_dir($revision, $pin, $weights, $cache_hub)
    $build_variables = $build_environment + {
      'UV_DEFAULT_INDEX' => $index_url,
      'PIP_INDEX_URL' => $index_url,
      'UV_INDEX' => $torch_index_url,
      'PIP_EXTRA_INDEX_URL' => $torch_index_url,
      'UV_PYTHON_INSTALL_MIRROR' => $python_source,
      'HF_ENDPOINT' => $hf_endpoint,
    }.filter |$variable, $value| { $value =~ NotUndef }

    contain indextts2::gpu
    contain indextts2::packages
    contain indextts2::account
    contain indextts2::folders
    contain indextts2::release
    contain indextts2::weights
    contain indextts2::filled
    contain indextts2::front
    contain indextts2::description
    contain indextts2::webui
    contain indextts2::restart

    Class['indextts2::packages']
    -> Class['indextts2::gpu']
    -> Class['indextts2::account']
    -> Class['indextts2::folders']
    -> Class['indextts2::description']
    -> Class['indextts2::release']
    -> Class['indextts2::weights']
    -> Class['indextts2::filled']
    -> Class['indextts2::front']
    -> Class['indextts2::webui']
    -> Class['indextts2::restart']
  } else {
    contain indextts2::restart
    contain indextts2::remove

    Class['indextts2::restart']
    -> Class['indextts2::remove']
  }
}
