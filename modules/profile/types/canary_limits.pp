# @summary What a canary has to stay within; ~ where a check is not made. docs/CANARY.md has the defaults, and where they are from
#
# `error_ratio`: by how much its failed share of jobs may exceed that of the other nodes; `min_jobs`: how many jobs it takes to say so; `certainty`: how
# sure a breach has to be, in standard deviations. `latency_ratio`, `memory_ratio`: how many times the others' they may be; `latency`: seconds of a job;
# `latency_least`: by so many seconds it has to be longer to be one of a ratio.
# `restarts`: of web UIs in a window. `silent_runs`: intervals without a report after which a node is silent. `deploy`: seconds that a deploy may take.
# `lost_ratio`: which part of the nodes may have failed, be silent or be without numbers, and count as nothing: for a large fleet, of which some always are.
type Profile::Canary_limits = Struct[{
    Optional[error_ratio]   => Optional[Float[0.0, 1.0]],
    Optional[min_jobs]      => Integer[0],
    Optional[certainty]     => Float[0.0, 6.0],
    Optional[latency_ratio] => Optional[Float[1.0]],
    Optional[latency_least] => Variant[Integer[0], Float[0.0]],
    Optional[latency]       => Optional[Float[0.0]],
    Optional[restarts]      => Optional[Integer[0]],
    Optional[memory_ratio]  => Optional[Float[1.0]],
    Optional[silent_runs]   => Integer[1],
    Optional[deploy]        => Integer[0],
    Optional[lost_ratio]    => Float[0.0, 0.5],
}]
