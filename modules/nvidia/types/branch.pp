# @summary A branch of the driver: what its versions begin with
type Nvidia::Branch = Pattern[/\A\d{3}\z/]
