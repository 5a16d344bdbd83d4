# frozen_string_literal: true

require 'json'
require 'puppet/util/yaml'

module PuppetX
  module Fleet
    module Record
      # The rollouts that a node was a member of when its catalogue was made: by the code of then, of which the deploys keep some
      # versions, each in a folder that ends in its commit (modules/profile/files/code_deploy/versions.py).
      class Cohorts
        # @param path [String] the folders that have the environments' code, as Puppet's setting `environmentpath`
        # @param environment [String] Puppet's, as the report says
        # @param commit [String] of the code, as the report says
        def initialize(path, environment, commit)
          @path = path
          # An agent says both: neither leads out of the folders.
          @environment = environment.to_s[/\A[a-z0-9_]+\z/]
          @commit = commit.to_s[/\A\h{40}\z/]
        end

        # @param certname [String]
        # @return [Hash{String => String}, nil] the revision of each service that has the node in a rollout; nil where that code is gone
        def of(certname)
          code = tree
          return unless code

          files = Dir[File.join(code, 'hieradata', 'cohorts', '*.yaml')].sort
          files.to_h { |file| [File.basename(file, '.yaml'), revision(file, certname)] }.compact
        rescue SystemCallError, JSON::ParserError
          # a deploy removes old versions meanwhile, and no report is lost for that
          nil
        end

        private

        def tree
          return unless @environment && @commit

          places = @path.split(File::PATH_SEPARATOR).map { |folder| File.join(folder, @environment) }
          live = places.find { |place| File.directory?(place) }
          return unless live

          live = File.realpath(live)
          [live, *Dir[File.join(File.dirname(live), "[0-9]*-#{@commit[0, 12]}")]].find { |folder| of_commit?(folder) }
        end

        # Code that no deploy brought says nothing of its commit, and has one version.
        def of_commit?(folder)
          said = File.join(folder, '.r10k-deploy.json')
          !File.exist?(said) || JSON.parse(File.read(said))['signature'] == @commit
        end

        # @return the revision that a rollout gives to a node, if any; a file that is broken gives nothing to anybody
        def revision(file, certname)
          text = File.read(file, encoding: 'UTF-8')
          # Most nodes are in none, and a list may be long.
          return unless text.include?(certname)

          said = Puppet::Util::Yaml.safe_load(text, [Symbol], file)
          said['revision'] if said.is_a?(Hash) && Array(said['members']).include?(certname)
        rescue Puppet::Util::Yaml::YamlLoadError
          nil
        end
      end
    end
  end
end
