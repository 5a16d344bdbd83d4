# frozen_string_literal: true

# The parameters of the profiles that watch, each away from its default, and what then shows it: for profile_spec.rb.
module WatchParameters
  # Puppet code, for what is no literal of Ruby's, too.
  Code = Struct.new(:text) do
    def inspect
      text
    end
  end

  CONF = '/etc/systemd/system/%s.service.d/fleet.conf'
  PROMETHEUS = '/etc/prometheus/prometheus.yml'
  RULES = '/etc/prometheus/rules/fleet.yml'
  EXPORTER = '/etc/systemd/system/fleet-exporter.service'
  WEB = '/etc/fleet-web/haproxy.cfg'

  # @return what shows a value: a file that has this in it
  def self.shown(file, content)
    -> { contain_file(file).with_content(content) }
  end

  # @return the same of a file that is a secret
  def self.hidden(file, content)
    lambda do
      satisfy do |made|
        text = made.call.resource('File', file)[:content]
        content.match?(text.respond_to?(:unwrap) ? text.unwrap : text)
      end
    end
  end

  OPEN = Code.new("Sensitive({ 'alice' => '$6$a$b' })")

  DOOR = "class { 'profile::web': users => #{OPEN.inspect} }\n".freeze

  ALL = {
    'alertmanager' => {
      'receivers' => [Code.new("Sensitive([{ 'name' => 'on call' }])"), hidden('/etc/prometheus/alertmanager.yml', /receiver: on call$/)],
      'watchdog' => [Code.new("'dead', receivers => Sensitive([{ 'name' => 'on call' }, { 'name' => 'dead' }])"),
                     hidden('/etc/prometheus/alertmanager.yml', /receiver: dead$/)],
      'watchdog_interval' => [90, hidden('/etc/prometheus/alertmanager.yml', /repeat_interval: 90s$/)],
      'external_url' => ['https://watch.example.org/a/', shown(CONF % 'prometheus-alertmanager', %r{external-url=https://watch\.example\.org/a/})],
    },
    'blackbox_exporter' => {
      'timeout' => [9, shown('/etc/prometheus/blackbox.yml', /timeout: 9s/)],
      'user' => [Code.new("'watch', password => Sensitive('secret')"), shown('/etc/prometheus/blackbox.yml', /username: watch/)],
      'password' => [Code.new("Sensitive('secret'), user => 'watch'"), hidden('/etc/prometheus/blackbox.password', /\Asecret\z/)],
    },
    'exporter' => {
      'address' => ['0.0.0.0', shown(EXPORTER, %r{--listen 0\.0\.0\.0:9801 .*--client-ca /run/credentials/fleet-exporter\.service/ca\.pem$}m)],
      'port' => [9999, shown(EXPORTER, /--listen 127\.0\.0\.1:9999/)],
      'window' => [600, shown(EXPORTER, /--window 600$/)],
    },
    'grafana_dashboards' => {
      'provisioning' => ['/etc/grafana/provisioning', shown('/etc/grafana/provisioning/dashboards/fleet.yaml', %r{path: "?/var/lib/fleet-dashboards})],
    },
    'node_exporter' => {
      'address' => ['127.0.0.1', shown(CONF % 'prometheus-node-exporter', /listen-address=127\.0\.0\.1:9100/)],
      'port' => [9999, shown(CONF % 'prometheus-node-exporter', /listen-address=0\.0\.0\.0:9999/)],
      'clients' => [%w[watch.example.org], shown('/etc/prometheus/node-exporter-web.yml', /client_allowed_sans:\s+- watch\.example\.org/)],
    },
    'prometheus' => {
      'puppetdb' => ['https://db.example.org:8081', shown(PROMETHEUS, %r{url: https://db\.example\.org:8081})],
      'exporter' => ['https://puppet.example.org:9801', shown(PROMETHEUS, /scheme: https.*- puppet\.example\.org:9801/m)],
      'server' => ['puppet.example.org', shown(PROMETHEUS, /keep\n.*server_name: watch\.puppet\.example\.org/m)],
      'services' => [%w[indextts2 echo], shown(PROMETHEUS, /title in \[\\?"Indextts2\\?", \\?"Echo\\?"\]/)],
      'scrape_interval' => [7, shown(PROMETHEUS, /scrape_interval: 7s.*scrape_timeout: 7s/m)],
      'refresh_interval' => [8, shown(PROMETHEUS, /refresh_interval: 8s/)],
      'retention' => ['7d', shown(CONF % 'prometheus', /retention\.time=7d/)],
      'runinterval' => ['10m', shown(RULES, /fleet_node_report_time_seconds > 1920$/)],
      'silent_runs' => [5, shown(RULES, /> fleet_node_interval_seconds \* 5\.2$/)],
      'drift_threshold' => [0.25, shown(RULES, /fleet_drift_ratio > 0\.25$/)],
      'webui_down' => [77, shown(RULES, /job="webui"\} == 0\n +for: 77s$/)],
      'certificate_days' => [10, shown(RULES, /- time\(\) < 864000$/)],
      'disk_free' => [0.2, shown(RULES, /node_filesystem_size_bytes < 0\.2$/)],
      'backup_age' => [777, shown(RULES, /fleet_backup_time_seconds > 777$/)],
      'runbook' => ['https://wiki.example.org/r', shown(RULES, %r{https://wiki\.example\.org/r#nodesilent})],
      'external_url' => ['https://watch.example.org/p/', shown(CONF % 'prometheus', %r{external-url=https://watch\.example\.org/p/})],
    },
    'puppetboard' => {
      'puppetdb' => ['db.example.org', shown('/etc/puppetboard/settings.py', /^PUPPETDB_HOST = "db\.example\.org"$/), DOOR],
      'index_url' => ['http://mirror.example.org/simple', lambda {
        contain_exec('build puppetboard').with_environment(['HOME=/opt/puppetboard', 'PIP_INDEX_URL=http://mirror.example.org/simple'])
      }, DOOR],
    },
    'watch' => { 'here' => [false, -> { satisfy { |made| made.call.resource('Class', 'Profile::Prometheus').nil? } }] },
    'web' => {
      'users' => [OPEN, hidden(WEB, /^    user alice password \$6\$a\$b$/)],
      'port' => [Code.new("9999, users => #{OPEN.inspect}"), hidden(WEB, /bind :::9999 v4v6 ssl/)],
      'tls_certificate' => ['/etc/ssl/web.pem', shown('/etc/systemd/system/fleet-web.service', %r{^LoadCredential=web\.pem:/etc/ssl/web\.pem$})],
      'tls_key' => ['/etc/ssl/web.key', shown('/etc/systemd/system/fleet-web.service', %r{^LoadCredential=web\.pem\.key:/etc/ssl/web\.key$})],
    },
  }.freeze
end
