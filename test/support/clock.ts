export { type ManualClock, manualClock, START_MS } from 'sallyport/testing'
