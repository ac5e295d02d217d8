variable "database" {
  type        = connection.tailpipe
  description = "Where the logs are."
  default     = connection.tailpipe.default
}

variable "watched" {
  type    = string
  default = "StopLogging"
}
