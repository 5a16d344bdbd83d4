# frozen_string_literal: true

# What the examples of the module nvidia share: nodes with a card, and what an operator says of NVIDIA's repository.
KERNELS = {
  'debian-12' => '6.1.0-50-cloud-amd64', 'debian-13' => '6.12.117+deb13-amd64', 'ubuntu-22.04' => '5.15.0-185-generic',
  'ubuntu-24.04' => '6.8.0-150-aws', 'rocky-9' => '5.14.0-687.12.1.el9_8.x86_64'
}.freeze
DRIVERLESS = { 'loaded' => nil, 'kernel_modules' => nil, 'installed' => nil, 'branch' => nil }.freeze
CARD = { 'index' => 0, 'name' => 'NVIDIA L4', 'memory_mib' => 23_034, 'compute_capability' => '8.9' }.freeze
KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQIN\n-----END PGP PUBLIC KEY BLOCK-----\n"
NVIDIAS = { driver: 'nvidia', repository_key: KEY }.freeze
APT_SOURCE = '/etc/apt/sources.list.d/fleet-nvidia.sources'
APT_PIN = '/etc/apt/preferences.d/fleet-nvidia.pref'
APT_HOLD = '/etc/apt/apt.conf.d/52fleet-nvidia'
APT_LOOK = 'nvidia: have apt look for the driver'
HEADERS = 'nvidia: headers of the running kernel'
METRIC = '/var/lib/nvidia/driver.prom'
TEXTFILE = %w[/usr/local/lib/nvidia/metrics /etc/systemd/system/nvidia-metrics.service /etc/systemd/system/nvidia-metrics.timer
              /var/lib/nvidia/cards.prom].freeze
EXPORTER = '/etc/systemd/system/nvidia-dcgm-exporter.service'

module NvidiaNode
  # @return the facts of a node of this system with cards
  def self.facts(system, installed: nil, loaded: installed, kernel_modules: nil, reboot_required: false, gpus: [CARD])
    driver = DRIVERLESS.merge('installed' => installed, 'loaded' => loaded, 'kernel_modules' => kernel_modules)
    told = { 'present' => true, 'gpus' => gpus, 'driver' => driver, 'reboot_required' => reboot_required }
    SYSTEMS.fetch(system).merge('kernelrelease' => KERNELS.fetch(system), 'nvidia' => told)
  end

  # @return the catalogue of these parameters on a node with cards
  def on(system, parameters = {}, **told)
    compiled(parameters, facts: NvidiaNode.facts(system, **told))
  end

  # @return the names of the driver's packages, in their order in the catalogue, without headers and helpers
  def drivers(catalogue)
    catalogue.resources.select { |one| one.type == 'Package' }.map(&:title).grep(/nvidia|cuda/)
  end

  # @return one parameter of the packages of the driver, which is the same for all of them but the daemon's
  def each_driver(catalogue, parameter)
    found = (drivers(catalogue) - %w[nvidia-driver nvidia-persistenced]).map { |name| catalogue.resource('Package', name)[parameter] }
    expect(found.uniq.size).to eq(1)
    found.first
  end
end
