# @summary A version of the driver as nvidia-smi says it, without what a system's packages add
type Nvidia::Version = Pattern[/\A\d{3}(\.\d{2,3}){1,2}\z/]
