"""From finding to cured: steps, plan, execution, verification, ladder, brakes."""
