# frozen_string_literal: true

# Which release of each service this node is told to serve, which serves, and why not where it does not.
Facter.add(:releases) do
  setcode do
    # Not at the top of the file: a Puppet server loads this fact from its modules and from its cache, and asks one of them.
    require_relative '../puppet_x/fleet/releases/record'
    PuppetX::Fleet::Releases::Record.new.fact
  end
end
