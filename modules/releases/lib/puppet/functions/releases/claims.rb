# frozen_string_literal: true

# @summary What services have claimed of a node so far, in this catalogue
#
# Puppet's language has no word for "all resources of a type that there are by now".
Puppet::Functions.create_function(:'releases::claims') do
  # @param kind What is claimed
  # @return The claims, in the order in which they were made
  # @example
  #   releases::claims('memory')     # [{ service => 'indextts2', what => 'GPU-0', mib => 8192 }]
  dispatch :claims do
    param 'String[1]', :kind
    return_type 'Array[Struct[{service => String[1], what => String[1], mib => Optional[Integer]}]]'
  end

  def claims(kind)
    found = closure_scope.catalog.resources.select { |resource| resource.type == 'Releases::Claim' && resource[:kind] == kind }
    found.map { |resource| { 'service' => resource[:service], 'what' => resource[:what], 'mib' => resource[:mib] } }
  end
end
