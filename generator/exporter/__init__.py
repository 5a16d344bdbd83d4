"""The exporter of the fleet: what PuppetDB and Puppet Server know of it, for Prometheus."""
