export { type TestWallet, testWallet as createWallet } from 'sallyport/testing'
