export { type FakeBalances as TableBalances, fakeBalances as tableBalances } from 'sallyport/testing'
