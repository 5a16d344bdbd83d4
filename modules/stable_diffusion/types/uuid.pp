# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The UUID of a card, or of a part of one (MIG), as nvidia-smi -L says it
type Stable_diffusion::Uuid = Pattern[/\A(GPU|MIG)-[0-9A-Za-z\/-]+\z/]
