"""Memory: a policy makes a plan, a replay makes the timeline, the timeline has a peak."""
