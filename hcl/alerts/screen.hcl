# Who is told of what the detections find. The demo tells the screen; docs/alerts.md has Slack, PagerDuty, mail and
# others, and what an alert may say besides.

notifier "stdout" "screen" {}

alert "urgent" {
  min_severity = "high"
  notify       = [notifier.stdout.screen]
}
