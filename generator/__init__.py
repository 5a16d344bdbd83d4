"""The generator of the Puppet control repository; its console script is ``fleet``."""
