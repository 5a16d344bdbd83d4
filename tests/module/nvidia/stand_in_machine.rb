# frozen_string_literal: true

require 'fileutils'
require 'tmpdir'
require 'yaml'

# A folder that stands for the root of a machine with NVIDIA's cards, made of one of the descriptions in tests/facts-nvidia.
class StandInMachine
  FOLDER = File.expand_path('../../facts-nvidia', __dir__)
  NAMES = Dir["#{FOLDER}/*.yaml"].map { |file| File.basename(file, '.yaml') }.sort.freeze
  # What lspci calls a class where it was not asked for its number.
  CLASSES = { 'VGA compatible controller' => '0300', '3D controller' => '0302', 'Audio device' => '0403' }.freeze
  LSPCI = /^((?:\h{4}:)?\h{2}:\h{2}\.\h) ([^\[:]+?)(?: \[(\h{4})\])?: (.*)$/.freeze
  IN_USE = /^\s+Kernel driver in use: (\S+)$/.freeze

  attr_reader :root, :program, :fact

  # Makes it of the description +name+, with +changes+ to its keys, and takes it away after the block.
  def self.open(name, changes = {})
    Dir.mktmpdir { |folder| yield new(folder, YAML.safe_load(File.read("#{FOLDER}/#{name}.yaml")).merge(changes)) }
  end

  def initialize(folder, description)
    @root = File.join(folder, 'root')
    @smi = File.join(folder, 'smi')
    @program = File.join(@smi, 'nvidia-smi')
    @fact = description['fact']
    FileUtils.mkdir_p([@root, @smi])
    put_pci(description['lspci'].to_s, description['driver_of_cards'])
    put_tree(description)
    put_program(description)
  end

  # Puts a program of the shell in nvidia-smi's place.
  def replace_program(text)
    File.write(@program, "#!/bin/sh\n#{text}", perm: 0o755)
  end

  # The arguments of each call of nvidia-smi.
  def calls
    file = File.join(@smi, 'calls')
    File.exist?(file) ? File.readlines(file, chomp: true) : []
  end

  def put(path, content)
    FileUtils.mkdir_p(File.dirname(File.join(root, path)))
    File.binwrite(File.join(root, path), content)
  end

  def link(path, target)
    FileUtils.mkdir_p(File.dirname(File.join(root, path)))
    File.symlink(target, File.join(root, path))
  end

  private

  def put_tree(description)
    description.fetch('files', {}).each { |path, content| put(path, content) }
    description.fetch('links', {}).each { |path, target| link(path, target) }
    description.fetch('folders', []).each { |path| FileUtils.mkdir_p(File.join(root, path)) }
  end

  def put_pci(lspci, driver_of_cards)
    lspci.split(/^(?=\S)/).each do |device|
      address, class_name, class_number, name = LSPCI.match(device).captures
      folder = "sys/bus/pci/devices/#{address.count(':') == 1 ? "0000:#{address}" : address}"
      number = class_number || CLASSES.fetch(class_name)
      put("#{folder}/class", "0x#{number}00\n")
      put("#{folder}/vendor", "#{name.include?('NVIDIA') ? '0x10de' : '0x8086'}\n")
      driver = device[IN_USE, 1] || (driver_of_cards if number.start_with?('03'))
      link("#{folder}/driver", "../../../../bus/pci/drivers/#{driver}") if driver
    end
  end

  def put_program(description)
    if description['says']
      File.write(File.join(@smi, 'says'), description['says'])
      replace_program(%(echo "$*" >>"${0%/*}/calls"; cat "${0%/*}/says"; exit #{description['exit_code']}\n))
    elsif description['cards']
      description['cards'].each_with_index do |values, index|
        FileUtils.mkdir_p(card = File.join(@smi, 'cards', index.to_s))
        description['fields'].zip(values) { |field, value| File.write(File.join(card, field), "#{value}\n") }
      end
      FileUtils.cp(File.join(FOLDER, 'nvidia-smi.sh'), @program)
    end
  end
end
