# @summary Has systemd read the file of a unit anew, where it has not
#
# Puppet does so when it starts or restarts a unit; this is for those that nothing but systemd starts.
#
# @example After the file of a unit that a timer starts
#   units::reread { 'code-deploy.service':
#     require => File['/etc/systemd/system/code-deploy.service'],
#   }
define units::reread {
  exec { "have systemd read ${title} anew":
    command  => 'systemctl daemon-reload',
    onlyif   => "test \"$(systemctl show --property=NeedDaemonReload ${title})\" = NeedDaemonReload=yes",
    path     => ['/usr/bin', '/bin'],
    provider => shell,
  }
}
