dashboard "activity" {
  title = "Activity"

  container {
    card {
      query = query.trail_stopped
      width = 2
    }
  }
}
