# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary Where weights come from; a folder, a web server, a bucket of S3, the model hub, or ModelScope
type Stable_diffusion::Source = Pattern[/\A(hub|modelscope|\/[\w.\/+-]*|https?:\/\/[^\s"'@]+|s3:\/\/[A-Za-z0-9][\w.-]{2,62}(\/[^\s"'@]*)?)\z/]
