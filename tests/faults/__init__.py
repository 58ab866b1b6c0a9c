"""Thousands of releases onto networks that misbehave, by workers that are killed: how many posts are out?"""
