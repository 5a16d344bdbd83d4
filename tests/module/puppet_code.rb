# frozen_string_literal: true

require 'puppet'

# What the code of a module says of itself, read by Puppet's own parser, so that a spec can ask whether it has
# tried all of it.
module PuppetCode
  NONE = Object.new.freeze

  module_function

  # The parameters of a class or a defined type, by name, each with its default; NONE where it has none, or one that is computed.
  def parameters(file)
    definition = elements(file).find { |element| element.is_a?(Puppet::Pops::Model::NamedDefinition) }
    definition.parameters.to_h do |parameter|
      [parameter.name, parameter.value ? literal(parameter.value) : NONE]
    end
  end

  # Where the code of a module calls fail(), as "file:line".
  def failures(module_path)
    Dir["#{module_path}/{manifests,functions}/**/*.pp"].flat_map do |file|
      elements(file).select { |element| fail_call?(element) }.map { |call| "#{file}:#{line(call)}" }
    end
  end

  def elements(file)
    found = []
    program = Puppet::Pops::Parser::EvaluatingParser.new.parse_file(file)
    program._pcore_all_contents([]) { |element| found << element }
    found
  end

  def fail_call?(element)
    element.is_a?(Puppet::Pops::Model::CallExpression) && element.functor_expr.is_a?(Puppet::Pops::Model::QualifiedName) &&
      element.functor_expr.value == 'fail'
  end

  def line(element)
    element.locator.line_for_offset(element.offset)
  end

  def literal(expression)
    catch(:not_literal) { return Puppet::Pops::Evaluator::LiteralEvaluator.new.literal(expression) }
    NONE
  end
end
