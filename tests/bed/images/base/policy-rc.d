#!/bin/sh
# Packages must not try to start their services while an image is built.
exit 101
