mod "acme_cloudtrail" {
  title         = "Acme CloudTrail"
  description   = "Detections of the Acme company."
  documentation = file("./detections/docs/trail_stopped.md")
  database      = var.database
  version       = "1.2.0"

  opengraph {
    title = "Acme"
  }
}
