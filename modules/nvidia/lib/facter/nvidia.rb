# frozen_string_literal: true

# The cards of NVIDIA in this machine and their driver. README.md says what each value means.
#
# No confine: Facter starts `uname` to learn the kernel's name, and a machine without a PCI bus has no card anyway.
Facter.add(:nvidia) do
  setcode do
    # Not at the top of the file: a Puppet server loads this fact from its modules and from its cache, and asks one of them.
    require_relative '../puppet_x/fleet/nvidia/machine'
    PuppetX::Fleet::Nvidia::Machine.new.fact
  end
end
