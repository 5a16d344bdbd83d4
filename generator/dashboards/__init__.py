"""Grafana's dashboards, written as code and committed as what Grafana reads."""
