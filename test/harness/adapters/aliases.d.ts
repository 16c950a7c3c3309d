// The older majors are installed under names of their own; what is used of them has the types of the newer ones.
declare module 'express4' {
  import express from 'express'
  export = express
}

declare module 'koa2' {
  import Koa from 'koa'
  export = Koa
}
