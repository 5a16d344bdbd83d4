# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The address of a mirror; on a web server, or file:/// and a folder of the node
type Stable_diffusion::Mirror = Variant[Stdlib::HTTPUrl, Pattern[/\Afile:\/\/(\/[\w.+-]+)+\/?\z/]]
