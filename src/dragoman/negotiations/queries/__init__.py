"""What pages and files show of talks. Never another party's answer before all answered or time is over."""
